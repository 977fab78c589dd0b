module local.cluster/load

go 1.25.0
