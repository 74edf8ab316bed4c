package io.millrace.spark;

import org.apache.spark.connect.proto.UserContext;
import org.sparkproject.connect.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.sparkproject.connect.grpc.Metadata;
import org.sparkproject.connect.grpc.ServerCall;
import org.sparkproject.connect.grpc.ServerCallHandler;
import org.sparkproject.connect.grpc.ServerInterceptor;
import org.sparkproject.connect.protobuf.Descriptors.FieldDescriptor;
import org.sparkproject.connect.protobuf.Message;

/**
 * Makes the user whose token the gateway saw the user of the request.
 *
 * <p>Spark believes what a client says about itself: without this, one user could take over
 * another's session, and the audit would name whomever the client liked. A call without the
 * gateway's header did not come through the gateway; the machine's firewall says who may make one.
 */
public final class GatewayIdentity implements ServerInterceptor {

  static final Metadata.Key<String> USER =
      Metadata.Key.of("x-millrace-user", Metadata.ASCII_STRING_MARSHALLER);

  private static final String CONTEXT = "user_context";

  /** For Spark, which makes interceptors by name. */
  public GatewayIdentity() {}

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String user = headers.get(USER);
    ServerCall.Listener<Q> listener = next.startCall(call, headers);
    if (user == null) {
      return listener;
    }
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onMessage(Q message) {
        super.onMessage(of(user, message));
      }
    };
  }

  /** The same request, made by {@code user}. */
  static <Q> Q of(String user, Q message) {
    if (!(message instanceof Message request)) {
      return message;
    }
    FieldDescriptor field = request.getDescriptorForType().findFieldByName(CONTEXT);
    if (field == null) {
      return message;
    }
    UserContext context =
        ((UserContext) request.getField(field))
            .toBuilder().setUserId(user).setUserName(user).build();
    @SuppressWarnings("unchecked")
    Q changed = (Q) request.toBuilder().setField(field, context).build();
    return changed;
  }
}
