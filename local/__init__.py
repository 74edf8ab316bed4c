"""The local cloud: an emulated account whose instances are booted as machines of this host."""
