"""The parts of the sentence that says what a mechanic does: conditions, effects, periods, in the reader's language."""
