"""How dates and times are written: one way for each language, in lists, sentences, papers and fields alike.

Django looks here first (``FORMAT_MODULE_PATH``). Fields of forms take and show days in the same way, by Django's
own ``DATE_INPUT_FORMATS``; the rest of a language's formats, such as its decimal sign, is Django's, too.
"""
