"""IPFS: nodes, pinning services and gateways, none of which is believed."""
