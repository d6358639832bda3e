"""What staff and admins are told by mail, because something waits for them or is wrong."""
