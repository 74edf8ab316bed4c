package io.millrace.spark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.connect.proto.Plan;
import org.apache.spark.connect.proto.Relation;
import org.apache.spark.sql.connect.service.SparkListenerConnectOperationStarted;
import org.sparkproject.connect.protobuf.Descriptors.FieldDescriptor;
import org.sparkproject.connect.protobuf.Message;

/** What the audit says about an operation from its start to its end. */
record Operation(Map<String, Object> fields, long startedAt) {

  /** A line of the journal may have 48 KiB, and a character may become six. */
  static final int LONGEST_STATEMENT = 4000;

  private static final Pattern ERROR_CLASS = Pattern.compile("\\[([A-Z][A-Z0-9_.]*)\\]");

  // ASCII on one line, whatever a statement holds: nobody can write a second line.
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  static Operation of(SparkListenerConnectOperationStarted started, Fingerprint fingerprint) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("user", started.userId());
    fields.put("session", started.sessionId());
    fields.put("operation", started.operationId());
    fields.put("kind", kind(started));
    sql(started).ifPresent(text -> fields.put("fingerprint", fingerprint.of(text)));
    return new Operation(fields, started.eventTime());
  }

  /** One line of JSON. */
  String line(String event, Map<String, Object> more) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("record", "operation");
    all.put("event", event);
    all.putAll(fields);
    all.putAll(more);
    try {
      return JSON.writeValueAsString(all);
    } catch (JsonProcessingException error) {
      throw new IllegalStateException("strings and numbers are always JSON", error);
    }
  }

  /** SQL as it was sent; of anything else Spark's own description. */
  static String statement(SparkListenerConnectOperationStarted started) {
    String text = sql(started).orElse(started.statementText());
    return text.length() <= LONGEST_STATEMENT ? text : text.substring(0, LONGEST_STATEMENT) + "…";
  }

  /** Spark's name of an error, such as TABLE_OR_VIEW_NOT_FOUND; empty when it gives none. */
  static String errorClass(String message) {
    Matcher found = ERROR_CLASS.matcher(message == null ? "" : message);
    return found.find() ? found.group(1) : "";
  }

  /** What a client asked for, in Spark Connect's own words. */
  static String kind(SparkListenerConnectOperationStarted started) {
    return plan(started)
        .map(
            plan ->
                switch (plan.getOpTypeCase()) {
                  case ROOT -> plan.getRoot().getRelTypeCase().name();
                  case COMMAND -> plan.getCommand().getCommandTypeCase().name();
                  default -> "";
                })
        .orElse("")
        .toLowerCase(Locale.ROOT);
  }

  private static Optional<String> sql(SparkListenerConnectOperationStarted started) {
    return plan(started)
        .map(
            plan ->
                plan.getCommand().hasSqlCommand()
                    ? commanded(plan.getCommand().getSqlCommand())
                    : plan.getRoot().getSql().getQuery())
        .filter(text -> !text.isEmpty());
  }

  /** A 4.x client sends a relation, where a 3.5 one sends text; a 3.5 server knows text alone. */
  private static String commanded(Message command) {
    FieldDescriptor input = command.getDescriptorForType().findFieldByName("input");
    return input != null && command.hasField(input)
        ? ((Relation) command.getField(input)).getSql().getQuery()
        : (String) command.getField(command.getDescriptorForType().findFieldByName("sql"));
  }

  private static Optional<Plan> plan(SparkListenerConnectOperationStarted started) {
    return started.planRequest().isDefined()
        ? Optional.of(started.planRequest().get().getPlan())
        : Optional.empty();
  }
}
