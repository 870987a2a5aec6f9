def proto_library(**kwargs):
    native.proto_library(**kwargs)
