# What the worker is compiled from.
[
  ../src/lib.rs
  ../src/bin/worker.rs
  ../src/bounded_file.rs
  ../src/job
  ../src/quote.rs
]
