"""What a partner writes about its certification (DK2): the application with its files, and reports of personnel changes. Pure."""
