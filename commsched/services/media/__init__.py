"""The library of pictures and videos: taking them in, describing, cropping, searching and removing them."""
