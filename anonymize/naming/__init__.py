"""People, places and organisations: found by lists, capitals and what is said around them."""
