"""The commands around a release: before the first one, and between them. The release itself is in `cli`."""
