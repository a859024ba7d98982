"""What every room stands on and no trade knows: refusals, prepared SQL, copying, remembered values, sending tasks,
beginnings that are counted, text files.

No models and no words of loyalty in here.
"""
