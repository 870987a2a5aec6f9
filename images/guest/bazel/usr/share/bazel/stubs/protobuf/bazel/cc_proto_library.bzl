def cc_proto_library(**kwargs):
    native.cc_proto_library(**kwargs)
