module picletter.example/bench

go 1.19
