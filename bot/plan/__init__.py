"""From a hotspot to a place in the code, and the codemod's answer there."""
