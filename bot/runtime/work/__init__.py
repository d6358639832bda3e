"""Work in the background: loops, jobs that survive the process, sweeps, timers."""
