# What the worker is compiled from.
[
  ../src/lib.rs
  ../src/bin/worker.rs
  ../src/job
]
