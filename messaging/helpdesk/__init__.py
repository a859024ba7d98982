"""Members ask for help, staff answer; the cabinet and the back office call the same functions."""
