"""What hostile people try. Each test fails if they win something; small here, longer with THOROUGH=1."""
