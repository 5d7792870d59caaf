"""`dondoc serve` and the processes it keeps."""
