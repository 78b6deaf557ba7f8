"""What the palette finds for a viewer."""
