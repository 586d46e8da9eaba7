"""Where the ticket server went when its address no longer answers: asked of the network, believed by its key alone."""
