"""Work: what is asked (specs), what is true of it (jobs), how it ends (endings), who is woken (bell)."""
