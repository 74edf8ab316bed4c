package io.millrace.spark;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.apache.spark.SparkEnv;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.StageInfo;
import org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionEnd;
import org.apache.spark.storage.RDDInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes a statement's shuffle files soon after it succeeded.
 *
 * <p>Spark 3.5 keeps them until a collection of the driver's heap finds them unused, which is every
 * half an hour when it has little to do. A worker with notice would hand all of them over, inside
 * its two minutes. Spark 4.1 does the same by itself
 * (spark.sql.connect.shuffleDependency.fileCleanup.enabled).
 *
 * <p>Left to the collection are those of statements that failed (their tasks may still run), that
 * have to do with cached data (others may read the same), and those that any job has used since the
 * end. Who reads a removed one all the same makes it again.
 */
public final class FinishedShuffles extends SparkListener {

  private static final Logger LOG = LoggerFactory.getLogger(FinishedShuffles.class);
  private static final String EXECUTION = "spark.sql.execution.id";
  private static final int MOST_RUNNING = 10_000;

  /** Results that are fetched bit by bit begin their jobs right after the statement's end. */
  private static final long GRACE_SECONDS = 10;

  private static final class Statement {
    private final Set<Integer> shuffles = new HashSet<>();
    private int jobs;
    private boolean cached;
    private boolean over;
  }

  private final Map<Long, Statement> running = new BoundedMap<>(MOST_RUNNING);

  private final Map<Integer, Long> statementOfJob = new HashMap<>();
  private final Set<Integer> finished = new HashSet<>();
  private final Consumer<Runnable> later;
  private final IntConsumer remove;

  /** For Spark, which makes listeners by name. */
  public FinishedShuffles() {
    this(afterGrace(), FinishedShuffles::removeFiles);
  }

  FinishedShuffles(Consumer<Runnable> later, IntConsumer remove) {
    this.later = later;
    this.remove = remove;
  }

  private static Consumer<Runnable> afterGrace() {
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "finished-shuffles");
              thread.setDaemon(true);
              return thread;
            });
    return work -> timer.schedule(work, GRACE_SECONDS, TimeUnit.SECONDS);
  }

  private static void removeFiles(int shuffle) {
    SparkEnv env = SparkEnv.get();
    // Not there any more while the server stops.
    if (env != null) {
      env.blockManager().master().removeShuffle(shuffle, false);
    }
  }

  @Override
  public synchronized void onJobStart(SparkListenerJobStart start) {
    Set<Integer> used = new HashSet<>();
    boolean cached = false;
    var stages = start.stageInfos().iterator();
    while (stages.hasNext()) {
      StageInfo stage = stages.next();
      if (stage.shuffleDepId().isDefined()) {
        used.add((Integer) stage.shuffleDepId().get());
      }
      cached |= isCached(stage);
    }
    finished.removeAll(used);
    String id = start.properties() == null ? null : start.properties().getProperty(EXECUTION);
    if (id == null) {
      return;
    }
    Statement statement = running.computeIfAbsent(Long.valueOf(id), each -> new Statement());
    statement.shuffles.addAll(used);
    statement.cached |= cached;
    statement.jobs++;
    statementOfJob.put(start.jobId(), Long.valueOf(id));
  }

  private static boolean isCached(StageInfo stage) {
    var datasets = stage.rddInfos().iterator();
    while (datasets.hasNext()) {
      RDDInfo dataset = datasets.next();
      if (dataset.storageLevel().isValid()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public synchronized void onJobEnd(SparkListenerJobEnd end) {
    Long id = statementOfJob.remove(end.jobId());
    Statement statement = id == null ? null : running.get(id);
    if (statement != null) {
      statement.jobs--;
      release(id, statement);
    }
  }

  @Override
  public synchronized void onOtherEvent(SparkListenerEvent event) {
    if (event instanceof SparkListenerSQLExecutionEnd end) {
      Statement statement = running.get(end.executionId());
      if (statement == null) {
        return;
      }
      // An empty message is success; none is what an older Spark would say.
      if (end.errorMessage().isEmpty() || !end.errorMessage().get().isEmpty()) {
        running.remove(end.executionId());
        return;
      }
      statement.over = true;
      release(end.executionId(), statement);
    }
  }

  /** The end of a statement's last job may be told after the statement's own. */
  private void release(long id, Statement statement) {
    if (!statement.over || statement.jobs > 0) {
      return;
    }
    running.remove(id);
    if (statement.cached || statement.shuffles.isEmpty()) {
      return;
    }
    Set<Integer> unused = new HashSet<>(statement.shuffles);
    running.values().forEach(each -> unused.removeAll(each.shuffles));
    finished.addAll(unused);
    later.accept(() -> removeAll(unused));
  }

  private void removeAll(Set<Integer> shuffles) {
    for (int shuffle : shuffles) {
      if (take(shuffle)) {
        try {
          remove.accept(shuffle);
        } catch (RuntimeException error) {
          // Spark's own collection finds it later.
          LOG.warn("files of shuffle {} were not removed: {}", shuffle, error.toString());
        }
      }
    }
  }

  private synchronized boolean take(int shuffle) {
    return finished.remove(shuffle);
  }
}
