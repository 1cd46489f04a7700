"""Service desks with dual control: an agent at a desk, a user with a device, one world between them."""
