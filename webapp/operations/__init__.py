"""What operators and their tools ask of a running process: is it up, what does it cost, what has it done."""
