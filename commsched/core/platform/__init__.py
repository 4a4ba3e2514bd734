"""The contract that every platform keeps."""
