"""The office in public: newsroom, feeds, pictures of links."""
