module pi-speedup/runc-without-sys-resource

go 1.24.0
