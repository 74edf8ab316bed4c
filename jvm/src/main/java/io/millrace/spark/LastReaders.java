package io.millrace.spark;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Lets a decommissioned executor serve its shuffle files a little longer.
 *
 * <p>Its files are on other workers when it ends, and the driver knows; tasks that began before do
 * not (SPARK-44635, mended in 4.0), and an executor does not wait for them (SPARK-41341). Their
 * reads fail and their stage begins again: a query of 65 s took 110 s. Plugins are shut down when
 * the driver has been told and before the files can no longer be read, so waiting here is enough.
 */
public final class LastReaders implements SparkPlugin {

  /** Tasks fetch what fits 48 MiB when they begin, so all but the largest have it by then. */
  static final Duration GRACE = Duration.ofSeconds(20);

  /** For Spark, which makes plugins by name. */
  public LastReaders() {}

  @Override
  public DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new Server(LastReaders::hasReaders, LastReaders::pause);
  }

  private static boolean hasReaders() {
    SparkEnv env = SparkEnv.get();
    return env != null
        && env.blockManager().decommissioner().isDefined()
        && !env.blockManager().migratableResolver().getStoredShuffles().isEmpty();
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException stop) {
      // Whoever interrupts an executor that ends wants it to end now.
      Thread.currentThread().interrupt();
    }
  }

  static final class Server implements ExecutorPlugin {

    private final BooleanSupplier needed;
    private final Consumer<Duration> pause;

    Server(BooleanSupplier needed, Consumer<Duration> pause) {
      this.needed = needed;
      this.pause = pause;
    }

    @Override
    public void shutdown() {
      if (needed.getAsBoolean()) {
        pause.accept(GRACE);
      }
    }
  }
}
