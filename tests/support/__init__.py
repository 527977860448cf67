"""What tests of several packages share: real servers as children, a browser, ports, scripted endpoints."""
