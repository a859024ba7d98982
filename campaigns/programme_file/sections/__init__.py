"""The parts of a programme's document, one module each. ``campaigns.programme_file.layout`` puts them in order."""
