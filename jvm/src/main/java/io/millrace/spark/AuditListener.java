package io.millrace.spark;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.spark.SparkConf;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.sql.connect.service.SparkListenerConnectOperationCanceled;
import org.apache.spark.sql.connect.service.SparkListenerConnectOperationClosed;
import org.apache.spark.sql.connect.service.SparkListenerConnectOperationFailed;
import org.apache.spark.sql.connect.service.SparkListenerConnectOperationFinished;
import org.apache.spark.sql.connect.service.SparkListenerConnectOperationStarted;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who ran what: one line when an operation starts and one when it ends.
 *
 * <p>The first line is written at once, so that an operation that brings the server down is on
 * record too. The machine's own probe is left out.
 */
public final class AuditListener extends SparkListener {

  private static final String STATEMENTS = "spark.millrace.audit.statements";
  private static final String IGNORED_USER = "spark.millrace.audit.ignoredUser";
  private static final String KEY = "spark.authenticate.secret";

  private static final Logger LOG = LoggerFactory.getLogger("io.millrace.audit");
  private static final int MOST_RUNNING = 10_000;

  private final Map<String, Operation> running = new BoundedMap<>(MOST_RUNNING);

  private final boolean statements;
  private final String ignoredUser;
  private final Fingerprint fingerprint;
  private final Consumer<String> write;

  /** For Spark, which makes listeners by name. */
  public AuditListener(SparkConf conf) {
    this(
        conf.getBoolean(STATEMENTS, false),
        conf.get(IGNORED_USER, ""),
        new Fingerprint(conf.get(KEY, "")),
        LOG::info);
  }

  AuditListener(
      boolean statements, String ignoredUser, Fingerprint fingerprint, Consumer<String> write) {
    this.statements = statements;
    this.ignoredUser = ignoredUser;
    this.fingerprint = fingerprint;
    this.write = write;
  }

  @Override
  public void onOtherEvent(SparkListenerEvent event) {
    if (event instanceof SparkListenerConnectOperationStarted started) {
      start(started);
    } else if (event instanceof SparkListenerConnectOperationFinished finished) {
      Map<String, Object> more = new LinkedHashMap<>();
      if (finished.producedRowCount().isDefined()) {
        more.put("rows", finished.producedRowCount().get());
      }
      end(finished.operationId(), finished.eventTime(), "succeeded", more);
    } else if (event instanceof SparkListenerConnectOperationFailed failed) {
      // The message quotes the statement; its class does not.
      Map<String, Object> more = Map.of("error", Operation.errorClass(failed.errorMessage()));
      end(failed.operationId(), failed.eventTime(), "failed", more);
    } else if (event instanceof SparkListenerConnectOperationCanceled canceled) {
      end(canceled.operationId(), canceled.eventTime(), "canceled", Map.of());
    } else if (event instanceof SparkListenerConnectOperationClosed closed) {
      // After one of the above this finds nothing; alone, nobody fetched the result.
      end(closed.operationId(), closed.eventTime(), "abandoned", Map.of());
    }
  }

  private void start(SparkListenerConnectOperationStarted started) {
    if (started.userId().equals(ignoredUser)) {
      return;
    }
    Operation operation = Operation.of(started, fingerprint);
    running.put(started.operationId(), operation);
    Map<String, Object> more = new LinkedHashMap<>();
    if (statements) {
      more.put("statement", Operation.statement(started));
    }
    write.accept(operation.line("started", more));
  }

  private void end(String id, long time, String outcome, Map<String, Object> more) {
    Operation operation = running.remove(id);
    if (operation == null) {
      return;
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("outcome", outcome);
    fields.put("seconds", (time - operation.startedAt()) / 1000.0);
    fields.putAll(more);
    write.accept(operation.line("ended", fields));
  }
}
