"""What every other package may use: errors, text case, versions, locators, the clock and the rules for fields."""
