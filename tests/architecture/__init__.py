"""The robots that keep the rules of CONTRIBUTING.md, each tested on something it must refuse."""
