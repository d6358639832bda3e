"""What channels of one Facebook page share: who the page is, the Graph API, what its refusals mean."""
