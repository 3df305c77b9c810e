package io.coord.testkit.storage;

import io.coord.ensemble.spi.Storage;
import io.coord.storage.FileStorage;
import io.coord.storage.StorageOptions;
import io.coord.testkit.StorageContract;
import io.coord.testkit.sim.SimDisk;
import io.coord.testkit.sim.SimLane;
import java.util.ArrayList;
import java.util.List;

class FileStorageOnSimDiskTest extends StorageContract {

    private final SimDisk disk = new SimDisk(1);
    private final List<SimLane> lanes = new ArrayList<>();

    @Override
    protected Storage storage() {
        return on(disk);
    }

    @Override
    protected Storage otherStorage() {
        return on(new SimDisk(2));
    }

    private Storage on(SimDisk anyDisk) {
        SimLane log = new SimLane();
        SimLane background = new SimLane();
        SimLane transfer = new SimLane();
        lanes.addAll(List.of(log, background, transfer));
        return FileStorage.on(anyDisk, StorageOptions.DEFAULT.withSegmentBytes(16 << 10), log, background, transfer);
    }

    @Override
    protected void settle() {
        lanes.forEach(SimLane::run);
    }
}
