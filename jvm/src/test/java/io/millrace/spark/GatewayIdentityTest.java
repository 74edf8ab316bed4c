package io.millrace.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.connect.proto.ExecutePlanRequest;
import org.apache.spark.connect.proto.SparkConnectServiceGrpc;
import org.apache.spark.connect.proto.UserContext;
import org.junit.jupiter.api.Test;
import org.sparkproject.connect.grpc.Metadata;
import org.sparkproject.connect.grpc.MethodDescriptor;
import org.sparkproject.connect.grpc.ServerCall;
import org.sparkproject.connect.protobuf.Descriptors.Descriptor;
import org.sparkproject.connect.protobuf.Message;

class GatewayIdentityTest {

  private static final UserContext BOB = UserContext.newBuilder().setUserId("bob").build();

  /** One of every request that this Spark's service takes. */
  private static final List<Message> REQUESTS =
      SparkConnectServiceGrpc.getServiceDescriptor().getMethods().stream()
          .map(GatewayIdentityTest::request)
          .toList();

  private static Message request(MethodDescriptor<?, ?> method) {
    var marshaller = (MethodDescriptor.PrototypeMarshaller<?>) method.getRequestMarshaller();
    Message.Builder builder = ((Message) marshaller.getMessagePrototype()).toBuilder();
    Descriptor type = builder.getDescriptorForType();
    builder.setField(type.findFieldByName("user_context"), BOB);
    return builder.setField(type.findFieldByName("session_id"), "s").build();
  }

  private static UserContext userOf(Message request) {
    return (UserContext)
        request.getField(request.getDescriptorForType().findFieldByName("user_context"));
  }

  @Test
  void theServiceTakesRequests() {
    assertTrue(REQUESTS.size() >= 8, "Spark 3.5 has eight; a newer one has more");
  }

  @Test
  void theUserOfEveryRequestIsTheOneWhoseTokenItWas() {
    for (Message request : REQUESTS) {
      Message changed = GatewayIdentity.of("alice", request);
      assertEquals("alice", userOf(changed).getUserId(), request.getClass().getName());
      assertEquals("alice", userOf(changed).getUserName(), request.getClass().getName());
    }
  }

  @Test
  void nothingElseOfARequestChanges() {
    for (Message request : REQUESTS) {
      Message changed = GatewayIdentity.of("bob", GatewayIdentity.of("alice", request));
      assertEquals(GatewayIdentity.of("bob", request), changed);
    }
  }

  @Test
  void aRequestThatNamesNobodyIsTheTokensUsers() {
    ExecutePlanRequest changed =
        GatewayIdentity.of("alice", ExecutePlanRequest.getDefaultInstance());
    assertEquals("alice", changed.getUserContext().getUserId());
  }

  @Test
  void whatCarriesNoUserPassesAsItIs() {
    assertSame("text", GatewayIdentity.of("alice", "text"));
  }

  @Test
  void theGatewaysHeaderDecides() {
    Metadata headers = new Metadata();
    headers.put(GatewayIdentity.USER, "alice");
    assertEquals("alice", received(headers).getUserContext().getUserId());
  }

  @Test
  void aCallOfTheMachineItselfKeepsItsUser() {
    assertEquals("bob", received(new Metadata()).getUserContext().getUserId());
  }

  private static ExecutePlanRequest received(Metadata headers) {
    List<ExecutePlanRequest> seen = new ArrayList<>();
    new GatewayIdentity()
        .interceptCall(
            new NoCall(),
            headers,
            (call, given) ->
                new ServerCall.Listener<ExecutePlanRequest>() {
                  @Override
                  public void onMessage(ExecutePlanRequest message) {
                    seen.add(message);
                  }
                })
        .onMessage(
            ExecutePlanRequest.newBuilder().setUserContext(BOB).setSessionId("s").build());
    return seen.get(0);
  }

  private static final class NoCall extends ServerCall<ExecutePlanRequest, Object> {
    @Override
    public void request(int count) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(Object message) {}

    @Override
    public void close(org.sparkproject.connect.grpc.Status status, Metadata trailers) {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<ExecutePlanRequest, Object> getMethodDescriptor() {
      throw new UnsupportedOperationException();
    }
  }
}
