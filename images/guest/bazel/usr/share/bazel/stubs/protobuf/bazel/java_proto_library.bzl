def java_proto_library(**kwargs):
    native.java_proto_library(**kwargs)
