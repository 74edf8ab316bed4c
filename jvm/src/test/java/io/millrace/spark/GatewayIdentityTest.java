package io.millrace.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.connect.proto.AddArtifactsRequest;
import org.apache.spark.connect.proto.AnalyzePlanRequest;
import org.apache.spark.connect.proto.ArtifactStatusesRequest;
import org.apache.spark.connect.proto.ConfigRequest;
import org.apache.spark.connect.proto.ExecutePlanRequest;
import org.apache.spark.connect.proto.InterruptRequest;
import org.apache.spark.connect.proto.ReattachExecuteRequest;
import org.apache.spark.connect.proto.ReleaseExecuteRequest;
import org.apache.spark.connect.proto.SparkConnectServiceGrpc;
import org.apache.spark.connect.proto.UserContext;
import org.junit.jupiter.api.Test;
import org.sparkproject.connect.grpc.Metadata;
import org.sparkproject.connect.grpc.MethodDescriptor;
import org.sparkproject.connect.grpc.ServerCall;
import org.sparkproject.connect.protobuf.Message;

class GatewayIdentityTest {

  private static final UserContext BOB = UserContext.newBuilder().setUserId("bob").build();

  private static final List<Message> REQUESTS =
      List.of(
          ExecutePlanRequest.newBuilder().setUserContext(BOB).setSessionId("s").build(),
          AnalyzePlanRequest.newBuilder().setUserContext(BOB).setSessionId("s").build(),
          ConfigRequest.newBuilder().setUserContext(BOB).setSessionId("s").build(),
          AddArtifactsRequest.newBuilder().setUserContext(BOB).setSessionId("s").build(),
          ArtifactStatusesRequest.newBuilder().setUserContext(BOB).setSessionId("s").build(),
          InterruptRequest.newBuilder().setUserContext(BOB).setSessionId("s").build(),
          ReattachExecuteRequest.newBuilder().setUserContext(BOB).setSessionId("s").build(),
          ReleaseExecuteRequest.newBuilder().setUserContext(BOB).setSessionId("s").build());

  private static UserContext userOf(Message request) {
    return (UserContext)
        request.getField(request.getDescriptorForType().findFieldByName("user_context"));
  }

  @Test
  void everyRequestOfTheServiceIsHeldHere() {
    assertEquals(
        SparkConnectServiceGrpc.getServiceDescriptor().getMethods().size(), REQUESTS.size());
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
        .onMessage((ExecutePlanRequest) REQUESTS.get(0));
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
