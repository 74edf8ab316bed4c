package io.millrace.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.connect.proto.Command;
import org.apache.spark.connect.proto.ExecutePlanRequest;
import org.apache.spark.connect.proto.Plan;
import org.apache.spark.connect.proto.Range;
import org.apache.spark.connect.proto.Relation;
import org.apache.spark.connect.proto.SQL;
import org.apache.spark.connect.proto.SqlCommand;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.sql.connect.service.SparkListenerConnectOperationCanceled;
import org.apache.spark.sql.connect.service.SparkListenerConnectOperationClosed;
import org.apache.spark.sql.connect.service.SparkListenerConnectOperationFailed;
import org.apache.spark.sql.connect.service.SparkListenerConnectOperationFinished;
import org.apache.spark.sql.connect.service.SparkListenerConnectOperationStarted;
import org.junit.jupiter.api.Test;
import org.sparkproject.connect.protobuf.Descriptors.FieldDescriptor;
import scala.Option;

class AuditListenerTest {

  private static final String STATEMENT = "SELECT * FROM people WHERE ssn = '078-05-1120'";

  private final List<String> lines = new ArrayList<>();

  private AuditListener listener() {
    return new AuditListener(false, "_probe", new Fingerprint("of the cluster"), lines::add);
  }

  private AuditListener telling() {
    return new AuditListener(true, "", new Fingerprint("of the cluster"), lines::add);
  }

  private JsonNode line(int index) throws Exception {
    return new ObjectMapper().readTree(lines.get(index));
  }

  @SuppressWarnings("deprecation") // What a 3.5 client sends, to a server of any version.
  private static Plan sql(String text) {
    return Plan.newBuilder()
        .setCommand(
            Command.newBuilder().setSqlCommand(SqlCommand.newBuilder().setSql(text)).build())
        .build();
  }

  private static SparkListenerEvent started(String user, Plan plan) {
    var event =
        new SparkListenerConnectOperationStarted(
            "tag", "op", 1000, "session", user, user, "a plan", none(), empty());
    event.planRequest_$eq(Option.apply(ExecutePlanRequest.newBuilder().setPlan(plan).build()));
    return event;
  }

  private static SparkListenerEvent finished(Object rows) {
    return new SparkListenerConnectOperationFinished(
        "tag", "op", 3500, Option.apply(rows), empty());
  }

  private static SparkListenerEvent failed(String message) {
    return new SparkListenerConnectOperationFailed("tag", "op", 3500, message, empty());
  }

  private static SparkListenerEvent canceled() {
    return new SparkListenerConnectOperationCanceled("tag", "op", 3500, empty());
  }

  private static SparkListenerEvent closed() {
    return new SparkListenerConnectOperationClosed("tag", "op", 9000, empty());
  }

  @SuppressWarnings("unchecked") // The empty set is of every type.
  private static scala.collection.immutable.Set<String> none() {
    return scala.collection.immutable.Set$.MODULE$.empty();
  }

  private static scala.collection.immutable.Map<String, String> empty() {
    return scala.collection.immutable.Map$.MODULE$.empty();
  }

  @Test
  void anOperationHasALineAtItsStartAndOneAtItsEnd() throws Exception {
    AuditListener listener = listener();
    listener.onOtherEvent(started("alice", sql(STATEMENT)));
    listener.onOtherEvent(finished(7L));
    listener.onOtherEvent(closed());
    assertEquals(2, lines.size());
    assertEquals("started", line(0).get("event").asText());
    JsonNode end = line(1);
    assertEquals("ended", end.get("event").asText());
    assertEquals("alice", end.get("user").asText());
    assertEquals("session", end.get("session").asText());
    assertEquals("op", end.get("operation").asText());
    assertEquals("sql_command", end.get("kind").asText());
    assertEquals("succeeded", end.get("outcome").asText());
    assertEquals(2.5, end.get("seconds").asDouble());
    assertEquals(7, end.get("rows").asInt());
  }

  @Test
  void aStatementIsNotWrittenUnlessAskedFor() {
    AuditListener listener = listener();
    listener.onOtherEvent(started("alice", sql(STATEMENT)));
    listener.onOtherEvent(failed("[DIVIDE_BY_ZERO] ... == SQL ==\n" + STATEMENT));
    assertFalse(String.join("", lines).contains("078-05-1120"));
  }

  @Test
  void aStatementIsWrittenOnceWhenAskedFor() throws Exception {
    AuditListener listener = telling();
    listener.onOtherEvent(started("alice", sql(STATEMENT)));
    listener.onOtherEvent(finished(null));
    assertEquals(STATEMENT, line(0).get("statement").asText());
    assertFalse(line(1).has("statement"));
    assertFalse(line(1).has("rows"));
  }

  @Test
  void aLongStatementIsCut() throws Exception {
    AuditListener listener = telling();
    listener.onOtherEvent(started("alice", sql("é\n".repeat(100_000))));
    assertTrue(lines.get(0).length() < 48 * 1024, "longer lines are cut by the journal");
    assertFalse(lines.get(0).contains("\n"), "a second line could be forged");
  }

  @Test
  void equalStatementsAreKnownAndOthersAreNot() throws Exception {
    AuditListener listener = listener();
    listener.onOtherEvent(started("alice", sql(STATEMENT)));
    listener.onOtherEvent(started("bob", sql(STATEMENT)));
    listener.onOtherEvent(started("bob", sql(STATEMENT + " ")));
    assertEquals(line(0).get("fingerprint"), line(1).get("fingerprint"));
    assertNotEquals(line(0).get("fingerprint"), line(2).get("fingerprint"));
    assertNotEquals(
        new Fingerprint("of another cluster").of(STATEMENT),
        line(0).get("fingerprint").asText(),
        "a guess could be confirmed without the cluster's secret");
  }

  @Test
  void aStatementIsFoundWhereNewerClientsPutIt() throws Exception {
    FieldDescriptor input = SqlCommand.getDescriptor().findFieldByName("input");
    assumeTrue(input != null, "this Spark has no such field");
    Relation relation = Relation.newBuilder().setSql(SQL.newBuilder().setQuery(STATEMENT)).build();
    SqlCommand command = SqlCommand.newBuilder().setField(input, relation).build();
    Command asked = Command.newBuilder().setSqlCommand(command).build();
    AuditListener listener = telling();
    listener.onOtherEvent(started("alice", Plan.newBuilder().setCommand(asked).build()));
    listener.onOtherEvent(started("alice", sql(STATEMENT)));
    assertEquals(STATEMENT, line(0).get("statement").asText());
    assertEquals(line(0).get("fingerprint"), line(1).get("fingerprint"));
  }

  @Test
  void aFailureTellsItsClassAndNotItsMessage() throws Exception {
    AuditListener listener = listener();
    listener.onOtherEvent(started("alice", sql(STATEMENT)));
    listener.onOtherEvent(failed("[TABLE_OR_VIEW_NOT_FOUND] The table `people` ..."));
    assertEquals("failed", line(1).get("outcome").asText());
    assertEquals("TABLE_OR_VIEW_NOT_FOUND", line(1).get("error").asText());
  }

  @Test
  void aFailureWithoutAMessageIsAFailure() throws Exception {
    AuditListener listener = listener();
    listener.onOtherEvent(started("alice", sql(STATEMENT)));
    listener.onOtherEvent(failed(null));
    assertEquals("", line(1).get("error").asText());
  }

  @Test
  void theFirstEndCounts() throws Exception {
    AuditListener listener = listener();
    listener.onOtherEvent(started("alice", sql(STATEMENT)));
    listener.onOtherEvent(canceled());
    listener.onOtherEvent(failed("[OPERATION_CANCELED]"));
    listener.onOtherEvent(closed());
    assertEquals(2, lines.size());
    assertEquals("canceled", line(1).get("outcome").asText());
  }

  @Test
  void anOperationThatNobodyFetchedIsAbandoned() throws Exception {
    AuditListener listener = listener();
    listener.onOtherEvent(started("alice", sql(STATEMENT)));
    listener.onOtherEvent(closed());
    assertEquals("abandoned", line(1).get("outcome").asText());
  }

  @Test
  void theMachinesOwnProbeIsLeftOut() {
    AuditListener listener = listener();
    listener.onOtherEvent(started("_probe", sql("SELECT 1")));
    listener.onOtherEvent(finished(1L));
    assertEquals(List.of(), lines);
  }

  @Test
  void whatIsNoSqlHasAKindAndNoFingerprint() throws Exception {
    AuditListener listener = telling();
    Relation range = Relation.newBuilder().setRange(Range.getDefaultInstance()).build();
    listener.onOtherEvent(started("alice", Plan.newBuilder().setRoot(range).build()));
    assertEquals("range", line(0).get("kind").asText());
    assertFalse(line(0).has("fingerprint"));
    assertEquals("a plan", line(0).get("statement").asText());
  }
}
