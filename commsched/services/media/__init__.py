"""The library of pictures and videos: taken in, kept, described, made to fit, and removed."""
