module example.com/hello

go 1.21

require example.com/ansi v0.3.0

replace example.com/ansi v0.3.0 => ./third_party/ansi
