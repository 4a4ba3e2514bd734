"""What is proved of each platform and format: by simulators, by real servers, and on the networks themselves."""
