"""`make sbom`: what this software consists of, as CycloneDX, one file for each thing that is delivered or used to make it."""
