package io.millrace.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.scheduler.JobSucceeded$;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.StageInfo;
import org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionEnd;
import org.apache.spark.storage.RDDInfo;
import org.apache.spark.storage.StorageLevel;
import org.junit.jupiter.api.Test;
import scala.Option;
import scala.collection.immutable.$colon$colon;

class FinishedShufflesTest {

  private static final StorageLevel NONE = StorageLevel.NONE();
  private static final StorageLevel CACHED = StorageLevel.MEMORY_AND_DISK();

  private final Set<Integer> removed = new TreeSet<>();
  private final List<Runnable> waiting = new ArrayList<>();
  private final FinishedShuffles listener = new FinishedShuffles(waiting::add, removed::add);

  private void graceIsOver() {
    waiting.forEach(Runnable::run);
    waiting.clear();
  }

  @SuppressWarnings("unchecked") // The empty list is of every type.
  private static <T> scala.collection.immutable.List<T> list(List<T> given) {
    var made = (scala.collection.immutable.List<T>) scala.collection.immutable.Nil$.MODULE$;
    for (int index = given.size() - 1; index >= 0; index--) {
      made = new $colon$colon<>(given.get(index), made);
    }
    return made;
  }

  private static StageInfo stage(Integer shuffle, StorageLevel level) {
    var dataset =
        new RDDInfo(1, "d", 1, level, false, list(List.of()), "", Option.empty(), null);
    return new StageInfo(
        1,
        0,
        "s",
        1,
        list(List.of(dataset)),
        list(List.of()),
        "",
        null,
        list(List.of()),
        Option.apply((Object) shuffle),
        0,
        false,
        0);
  }

  private void starts(int job, String statement, StageInfo... stages) {
    Properties properties = new Properties();
    if (statement != null) {
      properties.setProperty("spark.sql.execution.id", statement);
    }
    listener.onJobStart(new SparkListenerJobStart(job, 0, list(List.of(stages)), properties));
  }

  private void ends(int job) {
    listener.onJobEnd(new SparkListenerJobEnd(job, 0, JobSucceeded$.MODULE$));
  }

  private void over(long statement, String error) {
    listener.onOtherEvent(new SparkListenerSQLExecutionEnd(statement, 0, Option.apply(error)));
  }

  @Test
  void filesGoAfterTheStatementSucceeded() {
    starts(1, "7", stage(3, NONE));
    ends(1);
    starts(2, "7", stage(3, NONE), stage(4, NONE), stage(null, NONE));
    ends(2);
    graceIsOver();
    assertEquals(Set.of(), removed, "the statement still runs");
    over(7, "");
    assertEquals(Set.of(), removed, "results may be fetched bit by bit");
    graceIsOver();
    assertEquals(Set.of(3, 4), removed);
  }

  @Test
  void aJobThatEndsAfterItsStatementIsWaitedFor() {
    starts(1, "7", stage(3, NONE));
    over(7, "");
    graceIsOver();
    assertEquals(Set.of(), removed, "its tasks may still register what they wrote");
    ends(1);
    graceIsOver();
    assertEquals(Set.of(3), removed);
  }

  @Test
  void aFailedStatementIsLeftToSpark() {
    starts(1, "7", stage(3, NONE));
    ends(1);
    over(7, "[DIVIDE_BY_ZERO]");
    graceIsOver();
    assertEquals(Set.of(), removed, "tasks of a failed statement may still run");
  }

  @Test
  void whatCachedDataIsMadeOfIsLeftToSpark() {
    starts(1, "7", stage(3, NONE), stage(null, CACHED));
    ends(1);
    over(7, "");
    graceIsOver();
    assertEquals(Set.of(), removed, "another statement may read the same at this moment");
  }

  @Test
  void whatIsUsedAgainIsLeftToSpark() {
    starts(1, "7", stage(3, NONE), stage(4, NONE));
    ends(1);
    over(7, "");
    starts(2, null, stage(3, NONE), stage(null, NONE));
    graceIsOver();
    assertEquals(Set.of(4), removed, "a job of nobody's statement fetches results");
  }

  @Test
  void whatAnotherStatementUsesIsLeftToIt() {
    starts(1, "7", stage(3, NONE), stage(4, NONE));
    starts(2, "8", stage(4, NONE));
    ends(1);
    over(7, "");
    graceIsOver();
    assertEquals(Set.of(3), removed);
    ends(2);
    over(8, "");
    graceIsOver();
    assertEquals(Set.of(3, 4), removed);
  }

  @Test
  void jobsOfNoStatementAreNobodys() {
    starts(1, null, stage(3, NONE));
    listener.onJobStart(
        new SparkListenerJobStart(2, 0, list(List.of(stage(4, NONE))), null));
    ends(1);
    ends(2);
    over(9, "");
    graceIsOver();
    assertEquals(Set.of(), removed);
  }
}
