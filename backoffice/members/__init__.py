"""Members as the staff meet them: found, registered, looked at, given or relieved of points, set in a tier.

Each page calls the use case that every other door calls, and shows its errors on the form.
"""
