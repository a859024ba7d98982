"""The bulk path: many receipts at once, judged one after the other as a till's would be, written by COPY."""
