"""The pictures that names of ENS are shown with (ENSIP-12), fetched for those who look at them."""
