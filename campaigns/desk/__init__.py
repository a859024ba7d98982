"""What a manager asks of campaigns before and while they run: states, agenda, overlaps, warnings, samples.

It reads and foresees; only ``states`` changes anything. Ready mechanics are in ``ready``.
"""
